/**
 * One subject of the domain and how people speak of it. Each group is a list of synonyms in the narrow sense, separated
 * by `;`, Chinese and English; all groups of a topic are near to each other. `hints` only suggest the topic.
 */
export type LexiconTopic = {
  readonly topic: string;
  readonly groups: readonly string[];
  readonly hints?: string;
};
