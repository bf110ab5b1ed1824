import { z } from 'zod';
import { externalId, pointFields } from '../communities/community.ts';
import { ProviderAdmission, ProviderKind } from '../generated/prisma/enums.ts';
import { plainText, rule } from '../input.ts';

/** What may be written of a provider (供给主体), in a list or alone. */
export const providerInput = z
  .strictObject({
    externalId,
    name: plainText(200, 1),
    nameEn: plainText(300).nullable().default(null),
    kind: z.enum(ProviderKind),
    admission: z.enum(ProviderAdmission).default('ADMITTED'),
    description: plainText(5000).default(''),
    phone: plainText(100).nullable().default(null),
    email: z.union([z.email().max(254), z.null()]).default(null),
    address: plainText(300).nullable().default(null),
    latitude: pointFields.latitude.nullable().default(null),
    longitude: pointFields.longitude.nullable().default(null),
  })
  .refine(({ latitude, longitude }) => (latitude === null) === (longitude === null), {
    path: ['longitude'],
    ...rule('point', '经纬度须同时填写或同时留空', 'latitude and longitude go together'),
  });

/** One provider as it is written. */
export type ProviderRow = z.output<typeof providerInput>;

/** The thing's name, for messages. */
export const PROVIDER = { zh: '供给主体', en: 'provider' } as const;
