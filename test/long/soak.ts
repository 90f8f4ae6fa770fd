/**
 * Ten minutes of scrapes every 15 s while services start, stop and hang, each answer held against the truth.
 * `npm run test:soak -- [SECONDS] [SCRAPE_SECONDS]`
 */
import { runCli } from '../support/cli.ts';
import { startDaemon } from '../support/daemon.ts';
import { makeHome } from '../support/home.ts';
import { soak } from '../support/soak.ts';

const [secondsText, scrapeText] = process.argv.slice(2);
const home = makeHome();
const daemon = startDaemon(home);
try {
  const { scrapes, flips, slowestMs, faults } = await soak({
    home,
    daemon,
    lastsMs: Number(secondsText ?? 600) * 1000,
    scrapeMs: Number(scrapeText ?? 15) * 1000,
    flipMs: 7000,
  });
  for (const fault of faults) console.error(fault);
  console.log(`soak: ${scrapes} scrapes, ${flips} flips, slowest ${slowestMs} ms, ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await daemon.crash();
  await runCli(['-s', '*', 'stop', '--local'], { home });
  home.remove();
}
