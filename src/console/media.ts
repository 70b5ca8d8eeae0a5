// The kinds of conversation, in the order they are offered.

export const MEDIA = ['voice', 'message', 'email', 'callback', 'chat', 'other'] as const;

const LABELS: Readonly<Record<string, string>> = {
  voice: 'Voice',
  message: 'Message',
  email: 'Email',
  callback: 'Callback',
  chat: 'Chat',
  other: 'Other',
};

export const mediaLabel = (media: string): string => LABELS[media] ?? 'Other';

export const mediaIcon = (media: string): string => (media in LABELS ? media : 'other');
