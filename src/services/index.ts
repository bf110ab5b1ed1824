/** What others may call of the providers and services. */
export { providerImport } from './provider.import.ts';
export { providerIdsByExternalId } from './provider.store.ts';
export { serviceImport } from './service.import.ts';
export { type ServiceWriting, writeServices } from './service.store.ts';
