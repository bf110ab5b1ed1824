type Column = Int32Array | Uint8Array | Float64Array;

/**
 * The same fields with their typed arrays on shared memory, which every thread reads without a copy. Those that are
 * there already stay where they are. Other fields are as they were.
 */
export function onSharedMemory<T extends object>(columns: T): T {
  const entries = Object.entries(columns).map(([name, value]) => [name, isColumn(value) ? sharedCopy(value) : value]);
  return Object.fromEntries(entries) as T;
}

/** A typed array on shared memory: itself where it is there already. */
export function sharedCopy<C extends Column>(column: C): C {
  if (column.buffer instanceof SharedArrayBuffer) return column;
  const Kind = column.constructor as new (memory: SharedArrayBuffer) => C;
  const copy = new Kind(new SharedArrayBuffer(column.byteLength));
  copy.set(column);
  return copy;
}

function isColumn(value: unknown): value is Column {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
