import type { Channel, Gender, LegalBasis } from '../generated/prisma/enums.ts';

type Terms<Value extends string> = Readonly<Record<Value, readonly [string, ...string[]]>>;

/** Chinese terms of 渠道, the best one first, as they stand in offices' own lists. */
export const CHANNEL_TERMS: Terms<Channel> = {
  APP: ['应用', '手机应用', '小程序', '网上', '线上'],
  WECHAT: ['微信', '微信群', '公众号', '微信公众号'],
  OPINION_BOX: ['意见箱', '意见箱投递', '民意箱'],
  MEETING: ['议事会', '居民议事会', '院坝会', '坝坝会', '居民会议'],
  GRID_VISIT: ['网格走访', '网格', '走访', '入户走访', '网格员上报'],
  HOTLINE: ['热线', '电话', '12345', '服务热线'],
  WELFARE_WATCH: ['关爱预警', '关爱探访', '预警', '探访关爱'],
  IMPORT: ['导入', '批量导入', '台账导入'],
};

/** Chinese terms of 性别. */
export const GENDER_TERMS: Terms<Gender> = {
  FEMALE: ['女', '女性', 'F'],
  MALE: ['男', '男性', 'M'],
  UNKNOWN: ['未知', '不详', '未说明'],
};

/** Chinese terms of 处理依据. */
export const LEGAL_BASIS_TERMS: Terms<LegalBasis> = {
  CONSENT: ['个人同意', '同意', '本人同意'],
  CONTRACT: ['合同', '履行合同', '协议'],
  STATUTORY_DUTY: ['法定职责', '履行法定职责', '法定义务'],
  EMERGENCY: ['紧急情况', '应急', '突发事件'],
};

/** Chinese terms of 紧急程度, from life and safety (1) to what can wait (4). */
export const URGENCY_TERMS: Terms<'1' | '2' | '3' | '4'> = {
  1: ['特急', '生命安全', '危急', '一级'],
  2: ['紧急', '急', '加急', '二级'],
  3: ['普通', '一般', '正常', '三级'],
  4: ['不急', '可缓', '缓办', '四级'],
};
