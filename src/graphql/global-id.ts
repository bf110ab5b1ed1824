import { InvalidInput } from '../failures.ts';

/**
 * What an id of this API stands for.
 *
 * @param path of the field that it was sent in
 * @throws InvalidInput when it is none; that tells nothing of what there is
 */
export function readGlobalId(
  globalId: string,
  path: readonly (string | number)[] = ['id'],
): { typename: string; id: string } {
  const [, typename, id] = GLOBAL_ID.exec(Buffer.from(globalId, 'base64').toString('utf8')) ?? [];
  if (typename && id) return { typename, id };
  throw InvalidInput.at(path, 'global_id', '不是有效的编号', 'must be an id that this API gave');
}

const GLOBAL_ID = /^([A-Z][A-Za-z]*):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
