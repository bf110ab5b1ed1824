import { v7 } from 'uuid';

/** A new UUIDv7 (RFC 9562): ids made later sort later, so that keys append to their index. */
export function newId(): string {
  return v7();
}
