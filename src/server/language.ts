import type { Locale } from '../failures.ts';

/**
 * The language that an Accept-Language header (RFC 9110, 12.5.4) prefers of the two that there are.
 *
 * @param fallback where the header is absent or names neither
 */
export function preferredLocale(header: string | null, fallback: Locale): Locale {
  let best: { locale: Locale; quality: number } | null = null;
  for (const range of (header ?? '').split(',')) {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
    const language = tag.split('-')[0];
    if (language !== 'zh' && language !== 'en') continue;
    const weight = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('q='));
    const quality = weight === undefined ? 1 : Number(weight.slice(2));
    if (quality > (best?.quality ?? 0)) best = { locale: language, quality };
  }
  return best?.locale ?? fallback;
}
