import { z } from 'zod';
import { ExpectedFailure } from '../failures.ts';
import { Role } from '../generated/prisma/enums.ts';
import { plainText, rule } from '../input.ts';
import type { BilingualText } from '../matching/records.ts';
import type { Grant } from './viewer.ts';

/** What a user is called where it is not found. */
export const USER: BilingualText = { zh: '用户', en: 'user' };

/** What a role is held over, by the field of a grant that names it; `null` for the whole area. */
export const SCOPE_OF_ROLE = {
  RESIDENT: 'residentId',
  PROVIDER_STAFF: 'providerId',
  GRID_WORKER: 'communityId',
  COMMUNITY_STAFF: 'communityId',
  ANALYST: null,
  AREA_ADMIN: null,
  AUDITOR: null,
  CAREGIVER: 'residentId',
} as const satisfies Readonly<Record<Role, keyof Omit<Grant, 'role'> | null>>;

/** What the fields of a scope name, in words. */
export const SCOPES = {
  communityId: { zh: '社区', en: 'community' },
  providerId: { zh: '供给主体', en: 'provider' },
  residentId: { zh: '居民', en: 'resident' },
} as const;
const SCOPE_FIELDS = ['communityId', 'providerId', 'residentId'] as const;

const scope = z
  .uuid()
  .nullish()
  .transform((id) => id ?? null);

/** A grant as a client asks for it: it names what its role is held over, and nothing else. Caregivers are named by residents. */
export const grantInput = z
  .strictObject({
    userId: z.uuid(),
    role: z.enum(Role).exclude(['CAREGIVER']),
    communityId: scope,
    providerId: scope,
    residentId: scope,
  })
  .superRefine((grant, context) => {
    for (const field of SCOPE_FIELDS) {
      const { zh, en } = SCOPES[field];
      const isNeeded = SCOPE_OF_ROLE[grant.role] === field;
      if (isNeeded === (grant[field] !== null)) continue;
      const broken = isNeeded
        ? rule('scope_missing', `${grant.role}须指明${zh}`, `must say over which ${en} ${grant.role} is held`)
        : rule(
            'scope_superfluous',
            `${grant.role}不能指明${zh}`,
            `must not name a ${en}: ${grant.role} is held over none`,
          );
      context.addIssue({ code: 'custom', path: [field], message: broken.error, params: broken.params });
    }
  });

/** A user as they are registered: by what tokens name them, and by what others call them. */
export const userInput = z.strictObject({
  /** OpenID Connect Core 1.0, section 2, `sub`: at most 255 characters, compared as they are. */
  subject: z
    .string()
    .min(1)
    .max(255)
    .refine(
      (text) => /^\P{C}+$/u.test(text),
      rule('control_characters', '含有控制字符', 'must not contain control characters'),
    ),
  displayName: plainText(100, 1),
});

/** An area keeps an administrator: the last one's role is not taken away. */
export class LastAdministrator extends ExpectedFailure {
  readonly code = 'LAST_ADMINISTRATOR';

  constructor() {
    super({
      zh: '这是本区域最后一名管理员，须先授予他人管理员角色',
      en: 'This is the last administrator of the area; grant the role to another first',
    });
  }
}
