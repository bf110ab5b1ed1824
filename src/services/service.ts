import { z } from 'zod';
import { categoryCode } from '../communities/category.ts';
import { externalId, pointFields } from '../communities/community.ts';
import { CapacityPeriod, FundingSource, ServiceNature, ServiceStatus, ServiceUnit } from '../generated/prisma/enums.ts';
import { plainText, rule } from '../input.ts';
import type { DayWindow } from './schedule.ts';

/** The most that a price, in fen, may be: a million yuan. */
const HIGHEST_PRICE_FEN = 100_000_000;

const location = z.strictObject({
  ...pointFields,
  name: plainText(200).nullable().default(null),
  address: plainText(300).nullable().default(null),
});

const minuteFields = { startMinute: z.int().min(0).max(1439), endMinute: z.int().min(1).max(1440) };
const isForward = (window: DayWindow): boolean => window.startMinute < window.endMinute;
const backward = rule('window', '开始须早于结束', 'must begin before it ends');

/** An attribute of residents that eligibility asks for; open vocabulary, e.g. `LIVING_ALONE`. */
const attribute = plainText(50, 1);
const attributes = z.array(attribute).max(50).default([]);
const age = z.int().min(0).max(150).nullable().default(null);

/** What may be written of a service (服务), in a list or alone. References are external ids and category codes. */
export const serviceInput = z
  .strictObject({
    externalId,
    provider: externalId,
    name: plainText(200, 1),
    nameEn: plainText(300).nullable().default(null),
    description: plainText(10_000).default(''),
    nature: z.enum(ServiceNature),
    status: z.enum(ServiceStatus).default('PUBLISHED'),
    /** The main one first; empty where the text is to find it. */
    categories: z.array(categoryCode).max(20).default([]).transform(distinct),
    keywords: z.array(plainText(100, 1)).max(100).default([]),
    /** Communities it serves; empty for the whole area. */
    communities: z.array(externalId).max(1000).default([]).transform(distinct),
    locations: z.array(location).max(100).default([]),
    /** Radius of the circle around its locations, metres; null for no limit by distance. */
    radiusMetres: z.int().min(1).max(1_000_000).nullable().default(null),
    /** When it is given, local time; empty for by arrangement, at any time. */
    schedule: z
      .array(z.strictObject({ day: z.int().min(1).max(7), ...minuteFields }).refine(isForward, backward))
      .max(500)
      .default([]),
    /** Dates on which the schedule does not hold: closed, or other times. */
    scheduleExceptions: z
      .array(
        z.strictObject({
          date: z.iso.date(),
          windows: z.array(z.strictObject(minuteFields).refine(isForward, backward)).max(50),
        }),
      )
      .max(500)
      .default([]),
    allOf: attributes,
    anyOf: attributes,
    noneOf: attributes,
    minimumAge: age,
    maximumAge: age,
    /** The price of one unit, whoever bears it. */
    priceFen: z.int().min(0).max(HIGHEST_PRICE_FEN).default(0),
    /** What the provider gives of the price of each unit (让利). */
    giftFen: z.int().min(0).max(HIGHEST_PRICE_FEN).default(0),
    /** Null for the unit of the main category. */
    unit: z.enum(ServiceUnit).nullable().default(null),
    funding: z.array(z.enum(FundingSource)).max(10).default([]).transform(distinct),
    /** Places in each period; null for unlimited. */
    places: z.int().min(0).max(1_000_000_000).nullable().default(null),
    capacityPeriod: z.enum(CapacityPeriod).default('OPEN'),
    validFrom: z.date().nullable().default(null),
    validTo: z.date().nullable().default(null),
  })
  .refine(({ minimumAge, maximumAge }) => minimumAge === null || maximumAge === null || minimumAge <= maximumAge, {
    path: ['maximumAge'],
    ...rule('age_range', '最高年龄不能低于最低年龄', 'must not be below the minimum age'),
  })
  .refine(({ giftFen, priceFen }) => giftFen === 0 || giftFen <= priceFen, {
    path: ['giftFen'],
    ...rule('gift', '让利不能高于单价', 'must not be more than the price'),
  })
  .refine(({ validFrom, validTo }) => validFrom === null || validTo === null || validFrom <= validTo, {
    path: ['validTo'],
    ...rule('term', '截止时间不能早于开始时间', 'must not be before the beginning of the term'),
  })
  .refine(({ radiusMetres, locations }) => radiusMetres === null || locations.length > 0, {
    path: ['radiusMetres'],
    ...rule('circle', '有服务半径须有服务地点', 'a service circle needs a location'),
  });

/** One service as it is written. */
export type ServiceRow = z.output<typeof serviceInput>;

/** One service as it is given to `serviceInput`. */
export type ServiceContent = z.input<typeof serviceInput>;

/** The thing's name, for messages. */
export const SERVICE = { zh: '服务', en: 'service' } as const;

function distinct<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
