import { setTimeout as wait } from 'node:timers/promises';
import type { City } from './city.ts';
import { type Answer, type Client, globalId, localId, newKey, type Operation, type Person } from './client.ts';
import type { Random } from './random.ts';

/** What the clients know of: they see one another's needs, so that they get in each other's way. */
export type Town = {
  readonly city: City;
  readonly needs: { readonly id: string; readonly categoryId: string; readonly communityId: string }[];
};

/** As many of the newest needs as anybody still cares about. */
const NEWEST = 40;
const PAUSE_MS = 15;

/** How often people do what: everything there is, or only what gets in each other's way. */
export type Mood = 'EVERYTHING' | 'RUSH';

/** One client who does one thing after another, chosen at random, until the time is over; each to its known end. */
export async function actAtRandom(
  town: Town,
  client: Client,
  random: Random,
  isOver: () => boolean,
  mood: Mood = 'EVERYTHING',
): Promise<void> {
  const isRush = mood === 'RUSH';
  const deeds: readonly (readonly [weight: number, deed: () => Promise<unknown>])[] = [
    [20, () => register(town, client, random)],
    [isRush ? 0 : 14, () => dispatch(town, client, random)],
    [isRush ? 20 : 6, () => dispatchInARush(town, client, random)],
    [isRush ? 10 : 4, () => crowdOntoOneService(town, client, random)],
    [isRush ? 0 : 50, () => moveAnOrder(town, client, random)],
    [isRush ? 0 : 3, () => withdraw(town, client, random)],
    [isRush ? 0 : 1, () => matchAll(town, client, random)],
  ];
  const sum = deeds.reduce((total, [weight]) => total + weight, 0);
  while (!isOver()) {
    let left = random.next() * sum;
    const [, deed] = deeds.find(([weight]) => {
      left -= weight;
      return left < 0;
    })!;
    await deed();
    await wait(random.whole(0, PAUSE_MS));
  }
}

function operation(
  random: Random,
  person: Person,
  name: string,
  inputType: string,
  input: Operation['input'],
  key = newKey(random),
): Operation {
  return { person, name, inputType, input, key };
}

/** Every need has its key as its title, so that it can be told whether it is there, and how often. */
async function register(town: Town, client: Client, random: Random): Promise<string | null> {
  const { city } = town;
  const resident = random.pick(city.residents);
  const community = city.communities.find(({ id }) => id === resident.communityId)!;
  const category = random.pick(city.categories);
  const key = newKey(random);
  const deadlineAt = new Date(Date.now() + random.whole(4, 20) * 1000).toISOString();
  const input = {
    title: key,
    categoryId: globalId('Category', category.id),
    communityId: globalId('Community', community.id),
    residentId: globalId('Resident', resident.id),
    channel: 'APP',
    quantity: random.whole(1, 3),
    urgency: random.whole(1, 4),
    ...(random.isTrue(0.3) ? { deadlineAt } : {}),
  };
  const person = random.isTrue(0.5) ? community.staff : resident.person;
  const { id } = await sendMaybeTwice(
    client,
    random,
    operation(random, person, 'registerNeed', 'RegisterNeedInput', input, key),
  );
  if (id !== null) town.needs.push({ id, categoryId: category.id, communityId: community.id });
  return id;
}

/** Now and then someone clicks twice: both calls get the same answer. */
async function sendMaybeTwice(client: Client, random: Random, wanted: Operation): Promise<Answer> {
  if (!random.isTrue(0.1)) return client.send(wanted);
  const [first] = await Promise.all([client.send(wanted), client.send(wanted)]);
  return first;
}

function newestNeed({ needs }: Town, random: Random): Town['needs'][number] | null {
  return needs.length === 0 ? null : needs[random.whole(Math.max(0, needs.length - NEWEST), needs.length - 1)]!;
}

async function readNeed(town: Town, client: Client, id: string): Promise<{ version: number; state: string }> {
  const query = 'query ($id: ID!) { node(id: $id) { ... on Need { version state } } }';
  return (await client.read(town.city.admin, query, { id: globalId('Need', id) })).node;
}

async function dispatchTo(
  town: Town,
  client: Client,
  random: Random,
  need: Town['needs'][number],
  needVersion: number,
  serviceId: string,
): Promise<void> {
  const staff = town.city.communities.find(({ id }) => id === need.communityId)!.staff;
  const input = {
    needId: globalId('Need', need.id),
    needVersion,
    serviceId: globalId('Service', serviceId),
  };
  await sendMaybeTwice(
    client,
    random,
    operation(random, random.isTrue(0.7) ? staff : town.city.admin, 'dispatchOrder', 'DispatchOrderInput', input),
  );
}

async function dispatch(town: Town, client: Client, random: Random): Promise<void> {
  const need = newestNeed(town, random);
  if (need === null) return;
  const { version } = await readNeed(town, client, need.id);
  await dispatchTo(town, client, random, need, version, random.pick(servicesOf(town, need.categoryId)));
}

/** Several of the staff dispatch the same need at the same time. */
async function dispatchInARush(town: Town, client: Client, random: Random): Promise<void> {
  const need = newestNeed(town, random);
  if (need === null) return;
  const { version } = await readNeed(town, client, need.id);
  const services = servicesOf(town, need.categoryId);
  await Promise.all(
    Array.from({ length: 4 }, () => dispatchTo(town, client, random, need, version, random.pick(services))),
  );
}

/** Many needs go to one service that has few places. */
async function crowdOntoOneService(town: Town, client: Client, random: Random): Promise<void> {
  const scarce = town.city.services.filter(({ isScarce }) => isScarce).slice(-town.city.categories.length);
  if (scarce.length === 0) return;
  const service = random.pick(scarce);
  const needs = town.needs.filter(({ categoryId }) => categoryId === service.categoryId).slice(-5);
  await Promise.all(
    needs.map(async (need) => {
      const { version } = await readNeed(town, client, need.id);
      await dispatchTo(town, client, random, need, version, service.id);
    }),
  );
}

function servicesOf(town: Town, categoryId: string): readonly string[] {
  const all = town.city.services.filter((service) => service.categoryId === categoryId);
  // The newest are the scarce ones of this round: half of what is wanted is wanted of them.
  const scarce = all.filter(({ isScarce }) => isScarce).slice(-1);
  return [...all.filter(({ isScarce }) => !isScarce), ...Array.from({ length: 4 }, () => scarce).flat()].map(
    ({ id }) => id,
  );
}

type ListedOrder = {
  readonly id: string;
  readonly state: string;
  readonly version: number;
  readonly quantity: number;
  readonly provider: { readonly id: string };
  readonly community: { readonly id: string };
};

async function moveAnOrder(town: Town, client: Client, random: Random): Promise<void> {
  const states = random.pick([
    ['DISPATCHED'],
    ['DISPATCHED', 'ACCEPTED'],
    ['ACCEPTED', 'IN_SERVICE'],
    ['IN_SERVICE'],
    ['FULFILLED'],
    ['FULFILLED', 'DISPUTED'],
  ]);
  const query = `query ($states: [OrderState!]) { orders(first: 15, filter: { states: $states }) {
    nodes { id state version quantity provider { id } community { id } } } }`;
  const { orders } = await client.read(town.city.admin, query, { states });
  if (orders.nodes.length === 0) return;
  await moveOrder(town, client, random, random.pick(orders.nodes as ListedOrder[]));
}

/** Takes the order a step further, for better or worse. */
async function moveOrder(town: Town, client: Client, random: Random, order: ListedOrder): Promise<void> {
  const { city } = town;
  const provider = city.providers.get(localId(order.provider.id))!;
  const staff = city.communities.find(({ id }) => id === localId(order.community.id))!.staff;
  const plain = { orderId: order.id, version: order.version };
  const reasoned = { ...plain, reason: '试炼' };
  const plainMove = (person: Person, name: string) => operation(random, person, name, 'OrderActionInput', plain);
  const reasonedMove = (person: Person, name: string) =>
    operation(random, person, name, 'ReasonedOrderActionInput', reasoned);
  const quantity = random.isTrue(0.4) ? { quantity: random.whole(1, order.quantity) } : {};
  const fulfil = operation(random, provider, 'fulfilOrder', 'FulfilOrderInput', { ...plain, ...quantity });
  const settlement = random.pick(['CONFIRMED', 'CANCELLED']);
  const choices: Readonly<Record<string, readonly Operation[]>> = {
    DISPATCHED: [
      plainMove(provider, 'acceptOrder'),
      plainMove(provider, 'acceptOrder'),
      reasonedMove(provider, 'declineOrder'),
      reasonedMove(staff, 'cancelOrder'),
    ],
    ACCEPTED: [
      plainMove(provider, 'startOrder'),
      plainMove(provider, 'startOrder'),
      plainMove(provider, 'startOrder'),
      reasonedMove(staff, 'cancelOrder'),
    ],
    IN_SERVICE: [fulfil, fulfil, fulfil, reasonedMove(staff, 'cancelOrder')],
    FULFILLED: [
      plainMove(staff, 'confirmOrder'),
      plainMove(staff, 'confirmOrder'),
      reasonedMove(staff, 'disputeOrder'),
      operation(random, staff, 'appraiseOrder', 'AppraiseOrderInput', {
        ...plain,
        mark: random.whole(1, 5),
        resolved: true,
      }),
    ],
    DISPUTED: [operation(random, staff, 'settleOrder', 'SettleOrderInput', { ...reasoned, settlement })],
  };
  await sendMaybeTwice(client, random, random.pick(choices[order.state]!));
}

async function withdraw(town: Town, client: Client, random: Random): Promise<void> {
  const need = newestNeed(town, random);
  if (need === null) return;
  const { version } = await readNeed(town, client, need.id);
  const staff = town.city.communities.find(({ id }) => id === need.communityId)!.staff;
  const input = { id: globalId('Need', need.id), version, reason: 'NO_LONGER_NEEDED' };
  await sendMaybeTwice(client, random, operation(random, staff, 'withdrawNeed', 'WithdrawNeedInput', input));
}

async function matchAll(town: Town, client: Client, random: Random): Promise<void> {
  await client.send(operation(random, town.city.admin, 'runMatch', 'MatchRunInput', { wait: true }));
}
