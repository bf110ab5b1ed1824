import type { PGlite } from '@electric-sql/pglite';
import type {
  IsolationLevel,
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  Transaction,
} from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';

/** What `pglite-prisma-adapter` 0.7.2 has and does not declare. */
type Inner = SqlDriverAdapter & {
  startTransactionInner(client: Pick<PGlite, 'transaction'>, options: Transaction['options']): Promise<Transaction>;
  onError(error: unknown): never;
};

/**
 * The adapter of the embedded database with commits that tell of their failure. The package's own drops the error of
 * COMMIT, so that work which a deferred constraint or a full disk undid would be taken for written.
 */
export function embeddedAdapter(engine: PGlite): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPGlite(engine) as SqlMigrationAwareDriverAdapterFactory;
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connectToShadowDb: () => factory.connectToShadowDb(),
    connect: async () => withHonestCommits((await factory.connect()) as Inner, engine),
  };
}

function withHonestCommits(adapter: Inner, engine: PGlite): SqlDriverAdapter {
  // READ COMMITTED is PostgreSQL's default and the only level that is asked for.
  adapter.startTransaction = async (_level?: IsolationLevel) => {
    let ended: Promise<unknown> = Promise.resolve();
    const client = {
      transaction: (work) => {
        const outcome = engine.transaction(work);
        ended = outcome;
        return outcome;
      },
    } as Pick<PGlite, 'transaction'>;
    const transaction = await adapter.startTransactionInner(client, { usePhantomQuery: true });
    const commit = transaction.commit.bind(transaction);
    transaction.commit = async () => {
      await commit();
      await ended.catch((error) => adapter.onError(error));
    };
    return transaction;
  };
  return adapter;
}
