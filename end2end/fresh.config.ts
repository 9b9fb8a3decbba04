import { defineConfig } from '@playwright/test';
import base from './playwright.config';

/** `make fresh`: a browser that looks at what `make run` has started. */
export default defineConfig(base, { testDir: '.', testMatch: 'fresh.ts', use: { baseURL: process.env.WSMON_URL! } });
