/** `npm run migration:new -- NAME` writes the next migration from the difference between migrations and schema; `--check` only fails when there is one. */
import { openDatabase } from '../src/database/database.ts';
import { schemaDifference, writeMigration } from '../src/database/migrations.ts';

const name = process.argv[2];
if (name === undefined) {
  console.error('Usage: npm run migration:new -- NAME, or -- --check to compare only.');
  process.exit(2);
}

const scratch = await openDatabase({ inMemory: true });
const sql = await schemaDifference(scratch.adapter);
await scratch.close();

if (name === '--check') {
  if (sql !== '') {
    console.error(`prisma/schema.prisma and prisma/migrations disagree. Missing migration:\n\n${sql}`);
    process.exit(1);
  }
  console.log('prisma/schema.prisma and prisma/migrations agree.');
} else if (sql === '') {
  console.log('The migrations already give the schema; nothing to write.');
} else {
  console.log(`Wrote ${writeMigration(name, sql, new Date())}. Read it before you commit it.`);
}
