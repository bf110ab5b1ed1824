/**
 * Clients of the GraphQL server, in a process of their own, each with a connection that is kept. They are sent the orders
 * first, then runs: how many clients, from which order on, how many orders; and answer how many seconds it took.
 */
import { Agent, request } from 'node:http';

/** What the clients are sent first. */
export type HttpWork = {
  readonly url: string;
  readonly orders: readonly { readonly globalId: string; readonly token: string }[];
};
export type HttpRun = { readonly clients: number; readonly first: number; readonly count: number };

const ACCEPT = `mutation Accept($input: OrderActionInput!) {
  acceptOrder(input: $input) { __typename ... on Order { id state version } }
}`;

let work: HttpWork | undefined;
process.on('message', async (message: HttpWork | HttpRun) => {
  if ('url' in message) {
    work = message;
    return;
  }
  const { clients, first, count } = message;
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const from = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let n = first + client; n < first + count; n += clients) await accept(work!, agent, n);
    }),
  );
  const seconds = (performance.now() - from) / 1000;
  agent.destroy();
  process.send!(seconds);
});

function accept({ url, orders }: HttpWork, agent: Agent, n: number): Promise<void> {
  const { globalId, token } = orders[n]!;
  const body = JSON.stringify({ query: ACCEPT, variables: { input: { orderId: globalId, version: 1 } } });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if (JSON.parse(text).data?.acceptOrder?.state === 'ACCEPTED') resolve();
        else reject(new Error(text));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
