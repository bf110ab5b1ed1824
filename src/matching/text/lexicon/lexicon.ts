import { CARE } from './care.ts';
import { COMMUNITY } from './community.ts';
import { GOVERNMENT } from './government.ts';
import { HEALTH } from './health.ts';
import { HOUSEHOLD } from './household.ts';
import type { LexiconTopic } from './topic.ts';

/** The synonyms of the domain (同义词表). It is data: a phrase added here is known to every index built afterwards. */
export const LEXICON: readonly LexiconTopic[] = [...GOVERNMENT, ...COMMUNITY, ...CARE, ...HEALTH, ...HOUSEHOLD];
