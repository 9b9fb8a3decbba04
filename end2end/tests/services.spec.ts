import { expect, test } from '../fixtures';
import { add, button, expectStatus, nameBox, row, rows, summary } from '../support/dashboard';

test.use({ twoServices: true });

test('one service is gone and the other is untouched, under the same names', async ({ admin, upstream }) => {
  const form = admin.getByRole('form', { name: 'Add Connection' });
  const service = form.getByRole('combobox', { name: 'Service' });
  await expect(service).toHaveValue('default');
  await add(admin, 'data-feed');
  await add(admin, 'quotes');
  await service.selectOption('other');
  await nameBox(admin).fill('data-feed');
  await expect(form.getByText(/^ws:.*\/data-feed$/)).not.toContainText(upstream.baseUrl);
  await button(admin, 'Connect').click();
  await add(admin, 'quotes');
  for (const id of ['data-feed', 'quotes', 'other:data-feed', 'other:quotes']) await expectStatus(admin, id, 'connected');
  await expect(summary(admin, 'total')).toHaveText('4');

  await upstream.stop();
  const services = admin.getByRole('navigation', { name: 'Services' });
  await expect(services.getByRole('link', { name: /^default/ })).toContainText('host failing', { timeout: 20_000 });
  await expect(services.getByRole('link', { name: /^other/ })).toHaveText('other');
  for (const id of ['data-feed', 'quotes']) await expectStatus(admin, id, 'disconnected', 20_000);
  for (const id of ['other:data-feed', 'other:quotes']) await expectStatus(admin, id, 'connected');

  await services.getByRole('link', { name: /^other/ }).click();
  await expect(admin).toHaveURL(/service=other/);
  await expect(rows(admin)).toHaveCount(2);
  await row(admin, 'other:data-feed').getByRole('link', { name: 'other:data-feed', exact: true }).click();
  await expect(admin.getByRole('heading', { name: 'other:data-feed', level: 1 })).toBeVisible();
});
