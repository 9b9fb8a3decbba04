import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { add, addMany, button, expectStatus, hydrated, row, rows, searchBox, sortBy } from '../support/dashboard';

const POLL = '**/api/list_connections*';

/** The browser logs every request that a test makes fail. */
const FAILED_REQUEST = /Failed to load resource|Failed to fetch/;

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

const sent = (page: Page) => page.evaluate(() => window.polls.sent);
const mostUnderWay = (page: Page) => page.evaluate(() => window.polls.mostUnderWay);

/** Reloads the page under a clock that from then on moves only when told to. */
async function stopTheClock(page: Page): Promise<void> {
  await page.addInitScript(countPolls);
  await page.clock.install();
  await page.reload();
  await hydrated(page);
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1000);
}

/** Lets seconds pass one by one, so that each is heard of before the next. */
async function pass(page: Page, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) await page.clock.runFor(1000);
}

/** Lets time pass until the page has polled, in the course of that second. */
async function passToPoll(page: Page): Promise<void> {
  const before = await sent(page);
  for (let second = 0; second < 6; second += 1) {
    await pass(page, 1);
    if ((await sent(page)) > before) return;
  }
  throw new Error('no poll within 6 seconds');
}

/** The data shown is this old. The clock stops between two ticks of the page: it may be a second less. */
async function expectAge(page: Page, seconds: number): Promise<void> {
  const text = seconds === 0 ? /^Updated (0 s ago|just now)/ : new RegExp(`^Updated (${seconds - 1}|${seconds}) s ago`);
  await expect(page.locator('[data-age]')).toHaveText(text);
}

async function setVisibility(page: Page, state: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate((visibility) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => visibility });
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => visibility === 'hidden' });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, state);
}

test('polls once every 5 seconds', async ({ admin }) => {
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);

  const first = await sent(admin);
  for (const polls of [1, 2, 3, 4]) {
    await pass(admin, 4);
    await expectAge(admin, 4);
    expect(await sent(admin)).toBe(first + polls - 1);
    await pass(admin, 1);
    expect(await sent(admin)).toBe(first + polls);
    await expectAge(admin, 0);
  }
});

test('Refresh now does not wait for the next poll', async ({ admin }) => {
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);
  await pass(admin, 3);
  await expectAge(admin, 3);

  await button(admin, 'Refresh now').click();
  await expectAge(admin, 0);
});

test('never has two polls under way', async ({ admin, complaints }) => {
  // The page may give up on a request that hangs.
  complaints.allow(FAILED_REQUEST);
  await stopTheClock(admin);

  const held: Array<() => void> = [];
  await admin.route(POLL, async (route) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await route.continue().catch(() => {});
  });
  await passToPoll(admin);
  await pass(admin, 20);
  expect(await mostUnderWay(admin)).toBe(1);

  await admin.unroute(POLL);
  for (const answer of held) answer();
  await passToPoll(admin);
  await expectAge(admin, 0);
  expect(await mostUnderWay(admin)).toBe(1);
});

test('rests while the page is hidden', async ({ admin }) => {
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);
  const before = await sent(admin);

  await setVisibility(admin, 'hidden');
  await pass(admin, 60);
  expect(await sent(admin)).toBe(before);

  await setVisibility(admin, 'visible');
  if ((await sent(admin)) === before) await passToPoll(admin);
  await expectAge(admin, 0);
  expect(await sent(admin)).toBe(before + 1);
});

test('rests while paused', async ({ admin }) => {
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);
  const before = await sent(admin);

  await button(admin, 'Pause').click();
  await expect(button(admin, 'Resume')).toBeVisible();
  await pass(admin, 30);
  await expectAge(admin, 30);
  expect(await sent(admin)).toBe(before);

  await button(admin, 'Resume').click();
  await expect(button(admin, 'Pause')).toBeVisible();
  if ((await sent(admin)) === before) await passToPoll(admin);
  await expectAge(admin, 0);
});

test('stops when the page is left for another of its own', async ({ admin }) => {
  await add(admin, 'data-feed');
  await expectStatus(admin, 'data-feed', 'connected');
  await stopTheClock(admin);
  await passToPoll(admin);
  const polls: string[] = [];
  admin.on('request', (request) => polls.push(new URL(request.url()).pathname));
  await admin.getByRole('link', { name: 'data-feed' }).click();
  await expect(admin.getByRole('heading', { name: 'data-feed' })).toBeVisible();
  await expect(async () => {
    await pass(admin, 1);
    await expect(admin.locator('html[data-hydrated]')).toBeAttached({ timeout: 500 });
  }).toPass();

  // The connection's page polls, which shows that time passes.
  const details = admin.waitForRequest('**/api/load_endpoint*');
  await pass(admin, 30);
  await details;
  expect(polls).not.toContain('/api/list_connections');
});

test('a failed poll keeps the rows and says so, until one works', async ({ admin, complaints }) => {
  complaints.allow(FAILED_REQUEST);
  await add(admin, 'data-feed');
  await expectStatus(admin, 'data-feed', 'connected');
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);

  const banner = admin.getByRole('alert').filter({ hasText: 'Refresh failed' });
  await admin.route(POLL, (route) => route.abort());
  await pass(admin, 5);
  await expect(banner).toBeVisible();
  await expectStatus(admin, 'data-feed', 'connected');
  await pass(admin, 2);
  await expect(banner).toBeVisible();
  await expectAge(admin, 7);

  await admin.unroute(POLL);
  await passToPoll(admin);
  await expect(banner).toHaveCount(0);
  await expectAge(admin, 0);
  await expectStatus(admin, 'data-feed', 'connected');
});

test('the last message is never said to be older than is known', async ({ admin, upstream }) => {
  await add(admin, 'busy');
  await expectStatus(admin, 'busy', 'connected');
  await stopTheClock(admin);
  const messages = row(admin, 'busy').locator('[data-label="Messages"]');
  const last = row(admin, 'busy').locator('[data-label="Last message"]');
  await expect(async () => {
    upstream.send('busy', 'hello');
    await passToPoll(admin);
    await expect(messages).not.toHaveText(/^0 /, { timeout: 500 });
    await expect(last).toHaveText('just now', { timeout: 500 });
  }).toPass();

  await button(admin, 'Pause').click();
  for (const seconds of [1, 2, 3, 4]) {
    await pass(admin, 1);
    await expect(last, `${seconds} s later`).toHaveText('just now');
  }
  await pass(admin, 20);
  await expect(last).toHaveText(/^within 2\d s$/);
});

/** Every cell of the list in which something has been changed since, after the name of its row. */
async function watchCells(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const touched = new Set<string>();
    const body = document.querySelector('tbody')!;
    const tell = ({ target, type }: MutationRecord) => {
      const element = target instanceof Element ? target : target.parentElement!;
      const cell = element.closest('td, th');
      const row = element.closest('tr')?.dataset.endpoint ?? 'tbody';
      touched.add(`${row} ${cell?.getAttribute('data-label') ?? cell?.className ?? type}`);
    };
    new MutationObserver((records) => records.forEach(tell)).observe(body, {
      subtree: true, childList: true, characterData: true, attributes: true,
    });
    Object.assign(window, { touched });
  });
  return () => page.evaluate(() => {
    const { touched } = window as unknown as { touched: Set<string> };
    const seen = [...touched].sort();
    touched.clear();
    return seen;
  });
}

test('a refresh touches the cells whose value has changed, and no others', async ({ admin, upstream }) => {
  await addMany(admin, ['one', 'two', 'off']);
  await button(admin, 'Disconnect off').click();
  await expectStatus(admin, 'off', 'disconnected');
  await stopTheClock(admin);
  await passToPoll(admin);
  await expectAge(admin, 0);
  const touched = await watchCells(admin);

  // Only the times in the status cells go on.
  await passToPoll(admin);
  await expectAge(admin, 0);
  for (const cell of await touched()) expect(cell).toMatch(/^\w+ status$/);

  upstream.send('two', 'hello');
  const messages = row(admin, 'two').locator('[data-label="Messages"]');
  await expect(async () => {
    await passToPoll(admin);
    await expect(messages).toHaveText(/^1 /, { timeout: 500 });
  }).toPass();
  const seen = await touched();
  expect(seen).toEqual(expect.arrayContaining(['two Messages', 'two Last message']));
  for (const cell of seen) expect(cell).toMatch(/^two |^\w+ status$/);
});

test('a refresh disturbs neither typing, focus nor scrolling', async ({ admin, upstream }) => {
  await admin.setViewportSize({ width: 1280, height: 400 });
  await addMany(admin, Array.from({ length: 40 }, (_, index) => `feed-${index + 10}`));
  await sortBy(admin, 'Endpoint', 'ascending');
  await stopTheClock(admin);
  await searchBox(admin).fill('feed');
  await pass(admin, 1);
  await searchBox(admin).press('End');
  await searchBox(admin).pressSequentially('-');
  await expect(rows(admin)).toHaveCount(40);
  await passToPoll(admin);
  await expectAge(admin, 0);
  await admin.evaluate(() => window.scrollTo(0, 200));
  expect(await admin.evaluate(() => window.scrollY)).toBe(200);

  // A row below what is seen changes, and grows by its reason.
  upstream.refuse('feed-49', 403);
  upstream.closeAll('feed-49', 1011);
  await upstream.waitForAttempts('feed-49', 2);
  await passToPoll(admin);
  await expectStatus(admin, 'feed-49', 'disconnected');
  await expect(searchBox(admin)).toBeFocused();
  await expect(searchBox(admin)).toHaveValue('feed-');
  expect(await admin.evaluate(() => window.scrollY)).toBe(200);

  // A button in a row keeps the focus as well.
  const remove = button(admin, 'Remove feed-10');
  await remove.focus();
  await passToPoll(admin);
  await expectAge(admin, 0);
  await expect(remove).toBeFocused();
});
