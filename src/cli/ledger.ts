import type { Config } from '../config.ts';
import { verifyLedgers } from '../ledger/index.ts';
import { findArea, withDatabase } from './open.ts';

/**
 * Walks every chain of an area and recomputes every balance, and prints each fault.
 *
 * @returns exit status: 0 when every ledger is whole, 1 when one is not
 */
export async function verify(
  config: Config,
  { area: code }: { readonly area?: string },
  print: (line: string) => void,
): Promise<number> {
  return withDatabase(config, async (database) => {
    const area = await findArea(database, code);
    const { ledgers, entries, faults } = await verifyLedgers(database, area.id, (fault) =>
      print(fault.text[config.language]),
    );
    print(`${area.name} (${area.code}): ${ledgers} ledgers, ${entries} entries, ${faults} faults`);
    return faults > 0 ? 1 : 0;
  });
}
