import { defineConfig } from 'prisma/config';

// `prisma generate` is WebAssembly, yet the CLI first looks for a schema engine to download; a path that exists ends the search.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma' });
