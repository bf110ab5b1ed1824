import { z } from 'zod';
import { pointFields } from '../communities/community.ts';
import { plainText, rule } from '../input.ts';
import type { NeedRecord } from '../matching/index.ts';
import { DEFAULT_PROFILE_NAME } from './scoring-profile.ts';

/** A need that someone tries out in words, without registering it (试配). */
export const needSketchInput = z
  .strictObject({
    title: plainText(200, 1),
    description: plainText(4000).default(''),
    communityId: z.uuid(),
    /** Found from the words when absent. */
    categoryId: z.uuid().nullish(),
    latitude: pointFields.latitude.nullish(),
    longitude: pointFields.longitude.nullish(),
    attributes: z.array(plainText(60, 1)).max(50).default([]),
    age: z.int().min(0).max(150).nullish(),
    quantity: z.int().min(1).max(1000).default(1),
    maximumPriceFen: z.int().min(0).max(1_000_000_000).nullish(),
    deadlineAt: z.date().nullish(),
  })
  .refine(
    ({ latitude, longitude }) => (latitude == null) === (longitude == null),
    rule('point', '经度和纬度须同时填写', 'latitude and longitude go together'),
  );
export type NeedSketch = z.output<typeof needSketchInput>;

/** How to preview: the most candidates to give, and the name of a scoring profile whose newest version is used. */
export const previewOptions = z.strictObject({
  most: z.int().min(1).max(100).default(10),
  profile: plainText(100, 1).default(DEFAULT_PROFILE_NAME),
});
export type PreviewOptions = z.input<typeof previewOptions>;

/** The sketch as the core takes a need. `location` is where it lies when it does not say. */
export function sketchedNeed(
  sketch: NeedSketch,
  categoryCode: string | null,
  location: NeedRecord['location'],
  now: Date,
): NeedRecord {
  const { latitude, longitude } = sketch;
  return {
    id: 'sketch',
    category: categoryCode,
    title: sketch.title,
    description: sketch.description,
    communityId: sketch.communityId,
    location: latitude != null && longitude != null ? { latitude, longitude } : location,
    attributes: sketch.attributes,
    age: sketch.age ?? null,
    nowMs: now.getTime(),
    earliestMs: null,
    deadlineMs: sketch.deadlineAt?.getTime() ?? null,
    preferredWindows: [],
    quantity: sketch.quantity,
    maximumPriceFen: sketch.maximumPriceFen ?? null,
    excludedProviders: [],
    excludedServices: [],
    excludedNatures: [],
    preferredProviders: [],
    preferredServices: [],
    previousProviders: [],
  };
}
