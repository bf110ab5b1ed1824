import type { BilingualText } from './matching/records.ts';

/** Language of a message. */
export type Locale = 'zh' | 'en';

/**
 * A failure that a well-made client can meet: it has a code that never changes, words in both languages and, where one
 * field of the input is at fault, the path of that field. Everything else that is thrown is a defect, and is masked.
 */
export abstract class ExpectedFailure extends Error {
  abstract readonly code: string;
  readonly text: BilingualText;
  /**
   * Path of the field at fault, e.g. `['input', 'quantity']`; empty where no field is. It is not named `path`, by which
   * graphql would take the error for one that it has located already.
   */
  readonly fieldPath: readonly (string | number)[];

  constructor(text: BilingualText, fieldPath: readonly (string | number)[] = []) {
    super(text.en);
    this.name = new.target.name;
    this.text = text;
    this.fieldPath = fieldPath;
  }
}

/** One broken rule of an input: which field, which rule, in words. */
export type InputIssue = {
  readonly path: readonly (string | number)[];
  /** A stable name of the rule, e.g. `too_small`. */
  readonly rule: string;
  readonly text: BilingualText;
};

/** The input breaks one or more rules; nothing was written. `issues` has at least one element. */
export class InvalidInput extends ExpectedFailure {
  readonly code = 'INVALID_INPUT';
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    const first = issues[0]!;
    super(first.text, first.path);
    this.issues = issues;
  }

  /** The input breaks exactly this rule. */
  static at(path: readonly (string | number)[], rule: string, zh: string, en: string): InvalidInput {
    return new InvalidInput([{ path, rule, text: { zh, en } }]);
  }
}

/** There is no such thing, or it is not the viewer's: the two look the same. */
export class NotFound extends ExpectedFailure {
  readonly code = 'NOT_FOUND';

  /** @param kind what was looked for, in both languages, e.g. `{ zh: '需求', en: 'need' }` */
  constructor(kind: BilingualText, path: readonly (string | number)[] = []) {
    super({ zh: `未找到该${kind.zh}`, en: `No such ${kind.en}` }, path);
  }
}

/** The viewer has not signed in, and the action asks for it. */
export class NotSignedIn extends ExpectedFailure {
  readonly code = 'NOT_SIGNED_IN';

  constructor() {
    super({
      zh: '请先登录：在 Authorization 请求头中带上 Bearer 令牌',
      en: 'Sign in first: send a Bearer token in the Authorization header',
    });
  }
}

/** The viewer may see the thing but not do this with it. */
export class NotAllowed extends ExpectedFailure {
  readonly code = 'NOT_ALLOWED';

  constructor(action: BilingualText) {
    super({ zh: `您的角色不能${action.zh}`, en: `Your role may not ${action.en}` });
  }
}

/** Someone changed the thing since the viewer read it. */
export class VersionConflict extends ExpectedFailure {
  readonly code = 'CONFLICT';
  /** The version that it has now. */
  readonly currentVersion: number;
  /** The state that it is in now. */
  readonly currentState: string;

  /** What it is, so that the client can be shown it as it stands. */
  readonly current: { readonly typename: string; readonly id: string };

  constructor(
    kind: BilingualText,
    currentVersion: number,
    currentState: string,
    current: { readonly typename: string; readonly id: string },
  ) {
    super(
      {
        zh: `该${kind.zh}已被他人修改，现为第${currentVersion}版，状态${currentState}`,
        en: `This ${kind.en} was changed by someone else; it is now version ${currentVersion}, ${currentState}`,
      },
      ['version'],
    );
    this.currentVersion = currentVersion;
    this.currentState = currentState;
    this.current = current;
  }
}

/** The lifecycle has no such change from the present state. */
export class TransitionRefused extends ExpectedFailure {
  readonly code = 'TRANSITION_REFUSED';
  readonly from: string;
  readonly to: string;

  constructor(kind: BilingualText, from: string, to: string) {
    super({
      zh: `该${kind.zh}处于${from}状态，不能变为${to}`,
      en: `This ${kind.en} is ${from} and cannot become ${to}`,
    });
    this.from = from;
    this.to = to;
  }
}
