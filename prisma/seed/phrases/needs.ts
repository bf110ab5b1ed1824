import type { Demand } from '../sketches.ts';
import { ADMIN_DEMAND } from './needs-admin.ts';
import { CHILD_DEMAND } from './needs-children.ts';
import { ELDER_DEMAND } from './needs-elders.ts';
import { HEALTH_DEMAND } from './needs-health.ts';
import { HOME_DEMAND } from './needs-home.ts';
import { LEARNING_DEMAND } from './needs-learning.ts';
import { NEIGHBOURHOOD_DEMAND } from './needs-neighbourhood.ts';
import { SAFETY_AND_LAW_DEMAND } from './needs-safety-law.ts';

/** All that residents ask for, by category in the order of the taxonomy's subjects. */
export const DEMAND: readonly Demand[] = [
  ...ADMIN_DEMAND,
  ...SAFETY_AND_LAW_DEMAND,
  ...NEIGHBOURHOOD_DEMAND,
  ...ELDER_DEMAND,
  ...CHILD_DEMAND,
  ...HEALTH_DEMAND,
  ...HOME_DEMAND,
  ...LEARNING_DEMAND,
];
