import { z } from 'zod';
import { externalId, pointFields } from '../communities/community.ts';
import { Gender, LegalBasis } from '../generated/prisma/enums.ts';
import { plainText, rule } from '../input.ts';
import { attributeCode } from './attributes.ts';

/** The thing's name, for messages. */
export const RESIDENT = { zh: '居民', en: 'resident' } as const;

/** One attribute that decides eligibility: a code, or an office's words for it, which become the code. */
export const residentAttribute: z.ZodType<string, string> = plainText(50, 1).transform(attributeCode);

/** A telephone number, in digits with the usual signs between them. */
export const phone: z.ZodType<string, string> = plainText(30).refine(
  (text) => /^\+?[0-9]+(?:[ ()/-]{1,2}[0-9]+)*\)?$/.test(text) && text.replace(/\D/g, '').length >= 5,
  rule('phone', '须为电话号码', 'must be a telephone number'),
);

/** The number of an identity card (GB 11643-1999): 17 digits and a check character by ISO 7064 MOD 11-2. */
export const identityNumber: z.ZodType<string, string> = plainText(18)
  .transform((text) => text.toUpperCase())
  .refine(isIdentityNumber, rule('identity_number', '身份证号有误', 'must be a number of an identity card'));

function isIdentityNumber(text: string): boolean {
  if (!/^\d{17}[\dX]$/.test(text)) return false;
  let sum = 0;
  for (let place = 0; place < 17; place += 1) sum += Number(text[place]) * (2 ** (17 - place) % 11);
  return text[17] === '10X98765432'[sum % 11];
}

/** What may be written of a resident (居民), apart from the community. */
export const residentFields = {
  externalId: externalId.refine(
    (text) => !text.startsWith('erased:'),
    rule('reserved', '不得以“erased:”开头', 'must not begin with "erased:"'),
  ),
  name: plainText(100, 1),
  birthDate: z.iso.date().nullish(),
  gender: z.enum(Gender).default('UNKNOWN'),
  phone: phone.nullish(),
  address: plainText(300).nullish(),
  identityNumber: identityNumber.nullish(),
  latitude: pointFields.latitude.nullish(),
  longitude: pointFields.longitude.nullish(),
  basis: z.enum(LegalBasis).nullish(),
  attributes: z
    .array(residentAttribute)
    .max(50)
    .default([])
    .transform((attributes) => [...new Set(attributes)]),
} as const;

/** The rule that a point has both its coordinates or neither. */
export const wholePoint = rule(
  'whole_point',
  '经度和纬度须同时填写',
  'must have both latitude and longitude or neither',
);

/** Whether a point has both its coordinates or neither. */
export function isWholePoint(point: { latitude?: number | null | undefined; longitude?: number | null | undefined }) {
  return (point.latitude == null) === (point.longitude == null);
}

/** The input of `saveResident`, its community by id. */
export const residentInput = z
  .strictObject({ communityId: z.uuid(), ...residentFields })
  .refine(isWholePoint, { ...wholePoint, path: ['latitude'] });

/** The first day on which a living person may have been born, for birth dates. */
export const EARLIEST_BIRTH_DATE = '1900-01-01';

/** The rule that a birth date is not in the future, nor before 1900. */
export const birthDateRule = rule(
  'birth_date',
  `须在${EARLIEST_BIRTH_DATE}至今日之间`,
  `must be between ${EARLIEST_BIRTH_DATE} and today`,
);

/** Whether someone may have been born on this date. `today` is the local date, both `YYYY-MM-DD`. */
export function isBirthDate(date: string, today: string): boolean {
  return EARLIEST_BIRTH_DATE <= date && date <= today;
}
