// One subscription over graphql-transport-ws.

import { socketUrl } from './settings.js';
import { failure } from './graph.js';

/** subscribe calls onAnswer for every event and onEnd once; it returns a function that stops it. */
export function subscribe(request, headers, onAnswer, onEnd) {
  const socket = new WebSocket(socketUrl(), 'graphql-transport-ws');
  const send = (message) => socket.send(JSON.stringify(message));
  let over = false;
  const end = (reason) => {
    if (over) return;
    over = true;
    socket.close();
    onEnd(reason);
  };
  socket.onopen = () => send({ type: 'connection_init', payload: lowered(headers) });
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (over) return;
    if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: request });
    else if (type === 'ping') send({ type: 'pong' });
    else if (type === 'next') onAnswer(payload);
    else if (type === 'error') {
      onAnswer({ errors: payload });
      end('refused');
    } else if (type === 'complete') end('ended by the server');
  };
  socket.onclose = ({ code, reason }) => {
    if (!over) onAnswer(failure(`The connection was closed: ${reason || `code ${code}`}.`));
    end('connection lost');
  };
  return () => end('stopped');
}

/** lowered returns headers for the payload of connection_init. */
export const lowered = (headers) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
