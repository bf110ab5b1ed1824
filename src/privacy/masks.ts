/** A name of which only its first character is told, e.g. 张**. */
export function maskName(name: string): string {
  const [first = ''] = name;
  return first === '' ? '' : `${first}**`;
}

/** A telephone number of which the first three and last four digits are told, e.g. 138****1234; of a short one the last two. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '');
  return digits.length < 9 ? `****${digits.slice(-2)}` : `${digits.slice(0, 3)}****${digits.slice(-4)}`;
}

/** An address up to its first number: the street without the door. */
export function maskAddress(address: string): string {
  const [street = ''] = address.split(DOOR);
  return `${street.trim()}***`;
}

const DOOR = /[0-9０-９]|[一二三四五六七八九十百零〇]+(?:号|栋|幢|座|单元|室|组|楼)/u;

/** An identity number of which its first three characters and its last are told. */
export function maskIdentityNumber(identityNumber: string): string {
  return `${identityNumber.slice(0, 3)}${'*'.repeat(Math.max(0, identityNumber.length - 4))}${identityNumber.slice(-1)}`;
}
