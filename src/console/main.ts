// The console's first page: wires the live stream to the parts of the page.
import { setUpCharts } from './charts.ts';
import { setUpConversations } from './conversations.ts';
import { showDeployment } from './deployment.ts';
import { setUpFigures } from './figures.ts';
import { followLive } from './live.ts';
import type { Overview } from './overview.ts';
import { setUpStatus } from './status.ts';
import { setUpTheme } from './theme.ts';
import { setUpWebhooks } from './webhooks.ts';

const status = setUpStatus();
const showFigures = setUpFigures();
const charts = setUpCharts();
const conversations = setUpConversations();
setUpTheme(() => charts.recolour());
setUpWebhooks();

let newest: Overview | undefined;
let heardAt = performance.now();

followLive((state) => {
  newest = state.overview;
  heardAt = performance.now();
  status.show(newest, 0);
  showFigures(state);
  charts.draw(state);
  conversations.note(newest);
  showDeployment(newest);
});

setInterval(() => {
  status.show(newest, performance.now() - heardAt);
  conversations.tick();
}, 1000);
