import type {
  CapacityPeriod,
  FundingSource,
  ProviderAdmission,
  ProviderKind,
  ServiceNature,
  ServiceStatus,
} from '../generated/prisma/enums.ts';

type Terms<Value extends string> = Readonly<Record<Value, readonly [string, ...string[]]>>;

/** Chinese terms of 供给主体类型, the best one first, as they stand in offices' own lists. */
export const PROVIDER_KIND_TERMS: Terms<ProviderKind> = {
  GOVERNMENT: ['党政机构', '政府', '党政机关', '机关', '政府部门', '行政机关'],
  SELF_GOVERNING: ['自治组织', '群众自治组织', '居民自治组织', '居委会', '社区自治组织'],
  SOCIAL: ['社会组织与企业', '社会组织', '企业', '社会', '社会力量', '社会组织和企业', '公司'],
};

/** Chinese terms of 准入状态. */
export const ADMISSION_TERMS: Terms<ProviderAdmission> = {
  APPLIED: ['已申请', '申请中', '待审核', '待准入'],
  ADMITTED: ['已准入', '准入', '通过', '正常'],
  SUSPENDED: ['已暂停', '暂停', '停用', '清退'],
};

/** Chinese terms of 服务性质. */
export const NATURE_TERMS: Terms<ServiceNature> = {
  SELF_GOVERNANCE: ['公益性自治服务', '自治服务', '自治', '居民自治'],
  COMMERCIAL: ['商业服务', '商业', '市场服务', '有偿服务', '收费服务'],
  PUBLIC_BENEFIT: ['公益性服务', '公益服务', '公益', '公共服务'],
  DERIVED: ['衍生服务', '衍生', 'X', '其他'],
};

/** Chinese terms of 服务状态, and the words of HSDS for it. */
export const STATUS_TERMS: Terms<ServiceStatus> = {
  DRAFT: ['草稿', '未发布', '待发布'],
  PUBLISHED: ['已发布', '发布', '上架', '在用', 'active'],
  WITHDRAWN: ['已撤下', '撤下', '下架', '停止', '已停止', 'inactive', 'defunct'],
};

/** Chinese terms of 容量周期. */
export const CAPACITY_PERIOD_TERMS: Terms<CapacityPeriod> = {
  DAY: ['每日', '每天', '日', '天'],
  WEEK: ['每周', '周'],
  MONTH: ['每月', '月'],
  OPEN: ['不分周期', '总量', '一次性', '总计'],
};

/** Chinese terms of 资金来源. */
export const FUNDING_TERMS: Terms<FundingSource> = {
  GOVERNMENT_PURCHASE: ['政府购买', '政府购买服务', '购买服务'],
  PROJECT_SUBSIDY: ['项目补贴', '补贴', '项目补助'],
  PROJECT_AWARD: ['以奖代补', '项目奖励', '奖励'],
  CIVIL_AFFAIRS_GRANT: ['民政资金', '民政资助', '民政专项', '民政补助', '福彩公益金'],
  VOLUNTEER: ['志愿服务', '志愿', '志愿者'],
};
