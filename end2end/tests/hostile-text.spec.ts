import type { Page } from '@playwright/test';
import { expect, test as base } from '../fixtures';
import { addMany, add, button, hydrated, nameBox, row, rows, summary } from '../support/dashboard';
import { closeReason, PAYLOADS, shown } from '../support/payloads';

/** What no text of a stranger may bring about, gathered as it happens. */
class Watch {
  readonly events: string[] = [];
  private allowed = '';

  constructor(private readonly page: Page, origin: string) {
    page.on('dialog', async (dialog) => {
      this.events.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on('popup', (popup) => this.events.push(`popup: ${popup.url()}`));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) this.events.push(`request: ${request.url()}`);
    });
  }

  /** Call where the page shows no such text yet. */
  async begin(): Promise<void> {
    this.allowed = await executable(this.page);
  }

  async expectNothing(): Promise<void> {
    expect(await executable(this.page), 'elements and attributes that could run something').toBe(this.allowed);
    expect(this.events, 'dialogs, popups and foreign requests').toEqual([]);
  }
}

/**
 * Counts every element the payloads would make in the body, where all text of strangers is, and every
 * attribute that runs a script.
 */
function executable(page: Page): Promise<string> {
  return page.evaluate(() => {
    const tags = 'script img svg math iframe object embed base style details video source title textarea noscript form meta link';
    const counts = tags.split(' ').map((tag) => [tag, document.body.querySelectorAll(tag).length]);
    const attributes = [...document.querySelectorAll('*')].flatMap((element) =>
      [...element.attributes].filter(({ name, value }) => /^on/i.test(name) || /^\s*(javascript|data):/i.test(value)),
    );
    return JSON.stringify([...counts, ['attributes', attributes.map(({ name, value }) => `${name}=${value}`)]]);
  });
}

const test = base.extend<{ watch: Watch }>({
  watch: async ({ admin, monitor }, use) => {
    const watch = new Watch(admin, new URL(monitor.url).origin);
    await watch.begin();
    await use(watch);
    await watch.expectNothing();
  },
});

const NAMES = PAYLOADS.map((_, index) => `hostile-${String(index).padStart(2, '0')}`);
const CASES = NAMES.map((name, index) => [name, PAYLOADS[index]!] as const);

/** The text of every reason, by endpoint; each must be text and nothing else. */
function reasons(page: Page): Promise<Record<string, string | null>> {
  return rows(page).evaluateAll((rows) =>
    Object.fromEntries(
      rows.map((row) => {
        const reason = row.querySelector('.reason')!;
        const isText = [...reason.childNodes].every((node) => node.nodeType !== Node.ELEMENT_NODE);
        return [row.getAttribute('data-endpoint')!, isText ? reason.textContent : reason.innerHTML];
      }),
    ),
  );
}

/** Polls arrive when they do, and refreshing asks for one at once. */
async function expectReasons(page: Page, expected: Record<string, string>): Promise<void> {
  await expect(async () => {
    await button(page, 'Refresh now').click();
    expect(await reasons(page)).toEqual(expected);
  }).toPass({ timeout: 20_000 });
}

test.beforeAll(() => {
  expect(new Set(PAYLOADS).size).toBe(40);
});

test('typed as a name it is refused, and stays what was typed', async ({ admin, watch, upstream }) => {
  test.slow();
  const sentence = admin.locator('#endpoint-error');
  for (const payload of PAYLOADS) {
    await nameBox(admin).fill('good');
    // Nothing of the refusal before can pass for one of this.
    await expect(sentence).toBeHidden();
    await add(admin, payload);
    await expect(sentence).toHaveText(/\w+ \w+.*\.$/);
    await expect(nameBox(admin)).toHaveAttribute('aria-invalid', 'true');
    // A text field has no line breaks: the browser makes spaces of them.
    await expect(nameBox(admin)).toHaveValue(payload.replaceAll('\r\n', ' '));
    expect(await sentence.locator('*').count(), payload).toBe(0);
  }
  await watch.expectNothing();
  await expect(summary(admin, 'total')).toHaveText('0');
  expect(upstream.attempts).toEqual([]);
});

test('as a close reason it is shown as text, before and after a reload', async ({ admin, watch, upstream }) => {
  test.slow();
  await addMany(admin, NAMES);
  // A service that asks not to be tried again: the reason stays.
  for (const [name, payload] of CASES) upstream.closeAll(name, 4500, closeReason(payload));
  const words = (reason: string) =>
    `The server closed the connection: 4500, “${reason}”. The service asks not to be tried again.`;
  const expected = Object.fromEntries(CASES.map(([name, payload]) => [name, words(shown(closeReason(payload)))]));
  await expectReasons(admin, expected);
  await watch.expectNothing();

  // Now from the server's HTML, and from the data beside it that the page hydrates with.
  await admin.reload();
  await hydrated(admin);
  await expectReasons(admin, expected);
});

test('as a message it is counted and not shown', async ({ admin, watch, upstream }) => {
  test.slow();
  await addMany(admin, NAMES);
  for (const [name, payload] of CASES) upstream.send(name, payload);
  await expect(async () => {
    await button(admin, 'Refresh now').click();
    const counted = await rows(admin).locator('[data-label="Messages"]').allInnerTexts();
    expect(counted.map((text) => text.trim().split(/\s/)[0])).toEqual(NAMES.map(() => '1'));
  }).toPass({ timeout: 20_000 });
  await expect(admin.locator('body')).not.toContainText('alert');
  await watch.expectNothing();
});

test('as the body of a refused upgrade it is not shown', async ({ admin, watch, upstream }) => {
  test.slow();
  const headers = { 'Content-Type': 'text/html; charset=utf-8' };
  for (const [name, payload] of CASES) upstream.refuse(name, 403, headers, payload);
  await addMany(admin, NAMES);
  const words =
    'The server answered HTTP 403 Forbidden instead of opening a WebSocket. ' +
    "Check the endpoint's name first: FastAPI and others answer so to a name that they do not know. " +
    'Then check the credentials.';
  await expectReasons(admin, Object.fromEntries(NAMES.map((name) => [name, words])));
  await expect(row(admin, NAMES[0]!)).toContainText('Blocked');
  await expect(admin.locator('body')).not.toContainText('alert');
  await watch.expectNothing();
});
