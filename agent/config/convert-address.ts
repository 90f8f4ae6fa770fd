/** Host names and addresses. config/ opens no socket module, and the two address forms are a few lines. */

const labelPattern = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;
const octetPattern = /^(?:0|[1-9]\d{0,2})$/;

export function isIpv4(text: string): boolean {
  const octets = text.split('.');
  return octets.length === 4 && octets.every((octet) => octetPattern.test(octet) && Number(octet) <= 255);
}

/** RFC 4291 text forms, with an optional zone (`fe80::1%eth0`). */
export function isIpv6(text: string): boolean {
  const [address = '', zone, ...more] = text.split('%');
  if (more.length > 0 || zone === '' || (zone !== undefined && !/^[\w.-]+$/.test(zone))) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const counts = halves.map((half, index) => countGroups(half, index === halves.length - 1));
  if (counts.includes(undefined)) return false;
  const total = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return halves.length === 2 ? total <= 7 : total === 8;
}

/** 16-bit groups in one side of the `::`; the last one may be an IPv4 address. Undefined when malformed. */
function countGroups(half: string, isLast: boolean): number | undefined {
  if (half === '') return 0;
  const groups = half.split(':');
  const last = groups.at(-1) ?? '';
  const tail = isLast && last.includes('.') && isIpv4(last) ? 2 : 0;
  const plain = tail === 0 ? groups : groups.slice(0, -1);
  return plain.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group)) ? plain.length + tail : undefined;
}

/** Letters, digits, - and _ in labels of at most 63; a name of digits and dots only would be a mistyped address. */
export function isHostName(text: string): boolean {
  if (text.length > 253 || /^[\d.]+$/.test(text)) return false;
  return text.split('.').every((label) => labelPattern.test(label));
}

export function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text) || isHostName(text);
}
