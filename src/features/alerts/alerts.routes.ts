import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { AlertThresholds } from '../../contract/alerts.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { Alerts } from './alerts.service.ts';

const path = '/api/alert-thresholds';
const tags = ['live'];

export function alertsRoutes(alerts: Alerts): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      path,
      {
        config: { access: 'live.view' },
        schema: { summary: 'From when on the panel alerts', tags, response: { 200: AlertThresholds } },
      },
      async (request) => alerts.get(requireViewer(request)),
    );
    app.put(
      path,
      {
        config: { access: 'queues.edit' },
        schema: { tags, body: AlertThresholds, response: { 200: AlertThresholds } },
      },
      async (request) => alerts.set(requireViewer(request), request.body),
    );
  };
}
