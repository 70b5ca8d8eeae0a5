// From what is told of a topic to the channels that follow it, through the faults that were asked for. Invariant: faults
// strike each channel on its own, so that two channels with the same topics rarely lose the same frame.
import type { Publisher } from '../driver/teller.ts';
import type { ChannelSockets } from './channel-sockets.ts';
import type { Channels } from './channels.ts';
import type { FrameFaults } from './frame-faults.ts';

export const channelPublisher = (channels: Channels, sockets: ChannelSockets, faults: FrameFaults): Publisher => ({
  hears: (topicName) => channels.listening(topicName) !== undefined,
  publish: (topicName, body, correlationId) => {
    for (const channel of channels.listening(topicName) ?? []) {
      faults.deliver(channel.id, { topicName, body, correlationId }, (text) => sockets.send(channel, text));
    }
  },
});
