/** The last three lines that say something, as one: what an error shows of a tool's output. */
export function lastLines(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(-3)
    .join(' / ');
}
