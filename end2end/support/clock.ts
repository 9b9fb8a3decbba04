import { expect, type Page } from '@playwright/test';
import { hydrated } from './dashboard';

declare global {
  interface Window {
    polls: { sent: number; underWay: number; mostUnderWay: number };
  }
}

/** Counts polls where they start: events about requests reach a test too late to count by. */
function countPolls(): void {
  window.polls = { sent: 0, underWay: 0, mostUnderWay: 0 };
  const { polls, fetch } = window;
  window.fetch = (input, init) => {
    const answer = fetch.call(window, input, init);
    const { pathname } = new URL(input instanceof Request ? input.url : input, location.href);
    if (!pathname.startsWith('/api/list_connections')) return answer;
    polls.sent += 1;
    polls.underWay += 1;
    polls.mostUnderWay = Math.max(polls.mostUnderWay, polls.underWay);
    return answer.finally(() => (polls.underWay -= 1));
  };
}

export const sent = (page: Page) => page.evaluate(() => window.polls.sent);
export const mostUnderWay = (page: Page) => page.evaluate(() => window.polls.mostUnderWay);

/** Reloads the page under a clock that from then on moves only when told to. */
export async function stopTheClock(page: Page): Promise<void> {
  await page.addInitScript(countPolls);
  await page.clock.install();
  await page.reload();
  await hydrated(page);
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1000);
}

/** Lets seconds pass one by one, so that each is heard of before the next. */
export async function pass(page: Page, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) await page.clock.runFor(1000);
}

/** Lets time pass until the page has polled, in the course of that second. */
export async function passToPoll(page: Page): Promise<void> {
  const before = await sent(page);
  for (let second = 0; second < 6; second += 1) {
    await pass(page, 1);
    if ((await sent(page)) > before) return;
  }
  throw new Error('no poll within 6 seconds');
}

/** The data shown is this old. The clock stops between two ticks of the page: it may be a second less. */
export async function expectAge(page: Page, seconds: number): Promise<void> {
  const text = seconds === 0 ? /^Updated (0 s ago|just now)/ : new RegExp(`^Updated (${seconds - 1}|${seconds}) s ago`);
  await expect(page.locator('[data-age]')).toHaveText(text);
}
