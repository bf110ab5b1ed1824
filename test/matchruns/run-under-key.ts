/** Runs a match under a key in a process of its own, which a test kills: `node run-under-key.ts URL AREA KEY`. */
import { openDatabase } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { runMatchOnce } from '../../src/matchruns/index.ts';
import { closeSolver } from '../../src/solver/index.ts';

const [url, areaId, key] = process.argv.slice(2);
const database = await openDatabase({ url: url! });
await runMatchOnce(database, systemViewer(areaId!), key!, {}, { clock: () => new Date('2026-11-24T02:00:00Z') });
await database.close();
await closeSolver();
