/** Writes the Prisma client and the Pothos types into src/generated, when the schema or the generators changed since the last time. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stampFile = join(root, 'src/generated/.stamp');

const stamp = createHash('sha256')
  .update(readFileSync(join(root, 'prisma/schema.prisma')))
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  const bin = join(root, 'node_modules/.bin');
  const generated = spawnSync(process.execPath, [join(root, 'node_modules/prisma/build/index.js'), 'generate'], {
    cwd: root,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, PRISMA_HIDE_UPDATE_MESSAGE: '1' },
    encoding: 'utf8',
  });
  if (generated.status !== 0) {
    console.error(generated.stdout, generated.stderr);
    process.exit(1);
  }
  mkdirSync(join(root, 'src/generated'), { recursive: true });
  writeFileSync(stampFile, stamp);
}
