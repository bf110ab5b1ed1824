import { z } from 'zod';
import { plainText } from '../input.ts';

/** Latitude and longitude in degrees, WGS 84; both or neither. */
export const pointFields = {
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
};

/** Id that an entry has in the office's own books; imports find it again by this. */
export const externalId = plainText(100, 1);

/** What may be written of a community (社区). */
export const communityInput = z.strictObject({
  externalId,
  name: plainText(100, 1),
  nameEn: plainText(200).nullable().default(null),
  population: z.int().min(0).max(10_000_000),
  ...pointFields,
  officeAddress: plainText(300).nullable().default(null),
  officePhone: plainText(50).nullable().default(null),
});

/** One community as it is written. */
export type CommunityRow = z.output<typeof communityInput>;

/** The thing's name, for messages. */
export const COMMUNITY = { zh: '社区', en: 'community' } as const;
