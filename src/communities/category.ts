import { z } from 'zod';
import { RoomClass, ServiceUnit } from '../generated/prisma/enums.ts';
import { plainText, rule } from '../input.ts';

/** Code of a category, unique in its area, e.g. `ELDERLY.MEALS`. */
export const categoryCode = plainText(100, 1).refine(
  (code) => !/[\s;；、,，|]/.test(code),
  rule('code', '编码不能含空白、逗号、分号、顿号或竖线', 'must not contain blanks, commas, semicolons or bars'),
);

/** What may be written of a category (类别), in a list or alone. */
export const categoryInput = z
  .strictObject({
    code: categoryCode,
    parentCode: categoryCode.nullable().default(null),
    name: plainText(100, 1),
    nameEn: plainText(200).nullable().default(null),
    roomClass: z.enum(RoomClass),
    unit: z.enum(ServiceUnit),
    acceptWithinHours: z.int().min(1).max(8760),
    completeWithinHours: z.int().min(1).max(8760),
    synonyms: z.array(plainText(100, 1)).max(200).default([]),
  })
  .refine((category) => category.code !== category.parentCode, {
    path: ['parentCode'],
    ...rule('own_parent', '上级类别不能是自己', 'must not be its own parent'),
  });

/** One category as it is written. */
export type CategoryRow = z.output<typeof categoryInput>;

/** The thing's name, for messages. */
export const CATEGORY = { zh: '类别', en: 'category' } as const;

/** Chinese terms of 功能室类别, the best one first. */
export const ROOM_CLASS_TERMS: Readonly<Record<RoomClass, readonly [string, ...string[]]>> = {
  ADMINISTRATIVE: ['行政管理', '行政', '行政管理类'],
  SELF_GOVERNING: ['自治服务', '自治', '自治服务类'],
  SOCIAL: ['社会服务', '社会', '社会服务类'],
};

/** Chinese terms of 计量单位. */
export const UNIT_TERMS: Readonly<Record<ServiceUnit, readonly [string, ...string[]]>> = {
  VISIT: ['次', '人次', '上门'],
  MEAL: ['餐', '份'],
  HOUR: ['小时', '时', '钟点'],
  CASE: ['件', '案', '事项'],
  ITEM: ['台', '个', '台/个', '套'],
};

/** A category of an area as the taxonomy has it. */
export type CategoryNode = { readonly id: string; readonly code: string; readonly parentCode: string | null };

/**
 * Sorts rows out that have no place in the taxonomy: their parent is neither known nor among the rows before them, or
 * it is one of their own descendants.
 *
 * @param known every category of the area
 * @returns for each row `null` where it has its place, or what is wrong
 */
export function misplaced(
  known: readonly CategoryNode[],
  rows: readonly CategoryRow[],
): readonly ('UNKNOWN_PARENT' | 'CYCLE' | null)[] {
  const parents = new Map(known.map(({ code, parentCode }) => [code, parentCode]));
  return rows.map(({ code, parentCode }) => {
    if (parentCode !== null && !parents.has(parentCode)) return 'UNKNOWN_PARENT';
    for (let at = parentCode; at !== null; at = parents.get(at) ?? null) if (at === code) return 'CYCLE';
    parents.set(code, parentCode);
    return null;
  });
}
