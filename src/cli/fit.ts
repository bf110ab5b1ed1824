import type { Config } from '../config.ts';
import { findArea, withDatabase } from './open.ts';
import { printFit } from './summary.ts';

/** Prints how supply meets need in an area, by category. */
export async function fit(
  config: Config,
  { area: code }: { readonly area?: string },
  print: (line: string) => void,
): Promise<void> {
  await withDatabase(config, async (database) => {
    const area = await findArea(database, code);
    print(`${area.name} (${area.code})`);
    await printFit(database, area.id, print);
  });
}
