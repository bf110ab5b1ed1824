const DIGITS = '零一二三四五六七八九';
const PLACES = ['', '十', '百', '千'];

/**
 * A whole number of at most four digits as it is said in Chinese: `60` → 六十, `105` → 一百零五. Residents write "60岁" and
 * lists write 六十岁; in one spelling their characters meet.
 */
export function chineseNumeral(digits: string): string {
  const value = Number(digits);
  if (value === 0) return '零';
  let text = '';
  let skippedZero = false;
  const written = String(value);
  for (let i = 0; i < written.length; i++) {
    const digit = written.charCodeAt(i) - 48;
    if (digit === 0) {
      skippedZero = true;
      continue;
    }
    if (skippedZero) text += '零';
    skippedZero = false;
    text += DIGITS[digit]! + PLACES[written.length - 1 - i]!;
  }
  return text.startsWith('一十') ? text.slice(1) : text;
}
