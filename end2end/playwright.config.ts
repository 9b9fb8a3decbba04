import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { defineConfig } from '@playwright/test';
import type { Options } from './fixtures';

/** The system's Chromium where there is one; otherwise the one Playwright downloaded. */
function installedChromium(): string | undefined {
  const directories = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return names
    .flatMap((name) => directories.map((directory) => join(directory, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const executablePath = installedChromium();

export default defineConfig<Options>({
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: 2,
  // A test that passes the second time is a broken test.
  retries: 0,
  forbidOnly: !!process.env.CI,
  reporter: 'list',
  // The WASM of a development build takes seconds to compile, in every fresh context.
  timeout: 60_000,
  // Rows change by polling, every 5 seconds: enough for one poll and the work it finds.
  expect: { timeout: 10_000 },
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    actionTimeout: 10_000,
    navigationTimeout: 30_000,
    launchOptions: {
      ...(executablePath && { executablePath }),
      // Chromium has no sandbox for root, as in most containers.
      chromiumSandbox: process.getuid?.() !== 0,
      args: [
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});
