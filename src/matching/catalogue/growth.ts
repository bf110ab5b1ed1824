type Column = Int32Array | Uint32Array | Uint16Array | Uint8Array | Float64Array;

/**
 * The column with room for `length` elements: itself when it has room already, else a longer one with the same elements
 * and zeros after them. The old column must not be used any more: its memory is handed over, not copied, where the
 * platform can do so.
 */
export function withRoomFor<C extends Column>(column: C, length: number): C {
  if (length <= column.length) return column;
  return resized(column, Math.max(16, length, Math.ceil(column.length * 1.5)));
}

/** The column with exactly `length` elements; the old column must not be used any more. */
export function resized<C extends Column>(column: C, length: number): C {
  const Typed = column.constructor as new (buffer: ArrayBuffer) => C;
  return new Typed((column.buffer as ArrayBuffer).transfer(length * column.BYTES_PER_ELEMENT));
}
