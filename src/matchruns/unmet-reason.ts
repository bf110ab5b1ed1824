import type { BilingualText, Constraint, NearestMiss } from '../matching/index.ts';

/** Why a need is unmet (未满足原因): the constraint that stood in its way, or what happened to its candidates. */
export const UNMET_REASONS = {
  NO_CANDIDATE: { zh: '服务清单是空的', en: 'the service list is empty' },
  CATEGORY: { zh: '没有这一类别的服务', en: 'no service of its category' },
  ADMISSION: {
    zh: '这一类别的服务没有发布、不在期限内或供给主体未准入',
    en: 'services of its category are not on offer',
  },
  CATCHMENT: { zh: '服务圈或服务范围没有覆盖', en: 'no service circle or service area reaches it' },
  ELIGIBILITY: { zh: '不符合服务对象条件', en: 'the resident is not among those whom the services are for' },
  SCHEDULE: { zh: '服务时间与需求时间没有交集', en: 'no service is open within its time' },
  CAPACITY: { zh: '名额已满', en: 'every place is taken' },
  PRICE: {
    zh: '扣除让利和补贴后，居民须付的仍超出其能付的上限',
    en: 'the resident would have to pay more than they can of every service, after gifts and subsidies',
  },
  PREFERENCE: { zh: '余下的服务都被居民排除', en: 'the resident rules out what is left' },
  CAPACITY_CONTENDED: {
    zh: '有候选，但名额给了更急或得分更高的需求',
    en: 'it had candidates, but their places went to others',
  },
  ALL_DECLINED: { zh: '候选都已拒单或超时', en: 'every candidate declined or let its order expire' },
  NOT_ACCEPTED: {
    zh: '多次派单无人接单，已转社区处理',
    en: "several providers in a row did not accept it; the community's staff have taken over",
  },
} as const satisfies Readonly<
  Record<Constraint | 'NO_CANDIDATE' | 'CAPACITY_CONTENDED' | 'ALL_DECLINED' | 'NOT_ACCEPTED', BilingualText>
>;

export type UnmetReason = keyof typeof UNMET_REASONS;

/**
 * Why a need has no candidate: the first constraint that the service which came closest fails, or that all have been
 * asked before.
 *
 * @param triedServices services whose order for the need was declined or expired; no longer candidates
 */
export function reasonWithoutCandidate(
  { nearestMiss }: { readonly nearestMiss: Pick<NearestMiss, 'constraint'> | null },
  triedServices: readonly string[] = [],
): UnmetReason {
  if (triedServices.length > 0 && nearestMiss?.constraint === 'PREFERENCE') return 'ALL_DECLINED';
  return nearestMiss?.constraint ?? 'NO_CANDIDATE';
}
