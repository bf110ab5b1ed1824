export { CONSENT_PURPOSES, LEGAL_BASES, latestConsent, permits } from './consent.ts';
export { KeyFileUnusable, readKeyFile, readOrMakeKeyFile, writeKeyFile } from './key-file.ts';
export { type KeyMaterial, KeyMissing, type Keyring, keyringOf, newKeyMaterial, SealBroken } from './keyring.ts';
export { maskAddress, maskIdentityNumber, maskName, maskPhone } from './masks.ts';
export {
  attachKeyring,
  blindIndexes,
  keyringIn,
  openAttributes,
  openField,
  type StoredResident,
  sealInformation,
  withOpenAttributes,
  withoutSensitive,
} from './sealed-resident.ts';
export { keysInUse, rewrapResidentKeys, sealResidents, writeResidentKeys } from './sealing.store.ts';
