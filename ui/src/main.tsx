import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './style/fonts.css';
import './style/tokens.css';
import './style/app.css';
import { App } from './App';
import { applyTheme } from './lib/live';
import { start } from './lib/route';

applyTheme();
start();
const root = document.getElementById('app');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
