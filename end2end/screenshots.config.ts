import { defineConfig } from '@playwright/test';
import base from './playwright.config';

/** `make screenshots`: pictures of every screen, kept out of the ordinary test run. */
export default defineConfig(base, { testDir: '.', testMatch: 'screenshots.ts' });
