import type { Context } from './context.ts';

type MayRead = (id: string, context: Context) => Promise<boolean>;

const guards = new Map<string, MayRead>();

/**
 * Says who may fetch a type by `node(id:)`. A type without a guard cannot be fetched so, and what the viewer may not
 * read looks as if it were not there.
 */
export function guardNode(typename: string, mayRead: MayRead): void {
  guards.set(typename, mayRead);
}

/** Whether the viewer may fetch this thing by its id. */
export async function mayFetchNode(typename: string, id: string, context: Context): Promise<boolean> {
  return (await guards.get(typename)?.(id, context)) ?? false;
}
