import { expect, test } from '../fixtures';
import { add, button, hydrated, nameBox, rows, summary } from '../support/dashboard';

const REFUSED = {
  'nothing': '',
  'one character too many': 'x'.repeat(129),
  'a space': 'data feed',
  'only a space': ' ',
  'the parent': '..',
  'a way out': 'a/../b',
  'the same place': 'a/./b',
  'another host': '//host',
  'another URL': 'ws://evil',
  'encoded dots': '%2e%2e',
  'an empty segment': 'a//b',
  'a slash first': '/a',
  'a query': 'a?token=1',
  'a fragment': 'a#b',
  'a control character': 'a\u0007b',
  'a change of direction': 'a\u202eb',
  'a letter that looks like another': 'd\u0430ta',
};

test('a bad name is refused in a sentence beside the field', async ({ admin, upstream, complaints }) => {
  test.slow();
  complaints.allow(/Failed to load resource.*\b4\d\d\b/);

  for (const [what, name] of Object.entries(REFUSED)) {
    await test.step(what, async () => {
      // Afresh, so that no message of the name before can pass for one of this.
      await admin.reload();
      await hydrated(admin);
      await add(admin, name);

      await expect(admin.locator('#endpoint-error')).toHaveText(/\w+ \w+/);
      await expect(nameBox(admin)).toHaveAttribute('aria-invalid', 'true');
      await expect(nameBox(admin)).toHaveAttribute('aria-describedby', /(^| )endpoint-error( |$)/);
      await expect(nameBox(admin)).toHaveValue(name);
    });
  }

  await button(admin, 'Refresh now').click();
  await expect(summary(admin, 'total')).toHaveText('0');
  await expect(rows(admin)).toHaveCount(0);
  expect(upstream.attempts).toEqual([]);
});

test('a good name takes the message away', async ({ admin, complaints }) => {
  complaints.allow(/Failed to load resource.*\b4\d\d\b/);
  await add(admin, 'data feed');
  await expect(nameBox(admin)).toHaveAttribute('aria-invalid', 'true');

  await add(admin, 'x'.repeat(128));
  await expect(rows(admin)).toHaveCount(1);
  await expect(nameBox(admin)).not.toHaveAttribute('aria-invalid', 'true');
});

test('the URL is previewed while typing', async ({ admin, upstream }) => {
  const form = admin.getByRole('form', { name: 'Add Connection' });
  for (const name of ['data-feed', 'market/prices.v1', 'a~b_c-1']) {
    await nameBox(admin).fill(name);
    await expect(form).toContainText(`${upstream.baseUrl}${name}`);
  }
  expect(upstream.attempts).toEqual([]);
});
