// The operations of signing in, as api/openapi.yaml has them once people can sign in.

export type Role = "viewer" | "operator" | "admin";

export interface Session {
  kind: "person" | "token";
  name: string;
  role: Role;
  codes: boolean;
  csrf: string | null;
  expires: string | null;
}

interface Answer<T> {
  headers: Record<string, unknown>;
  content: { "application/json": T };
}

interface Operation<Body, Status extends number, T> {
  parameters: { query?: never; header?: never; path?: never; cookie?: never };
  requestBody: Body extends never ? never : { content: { "application/json": Body } };
  responses: Record<Status, Answer<T>>;
}

export interface SessionPaths {
  "/api/v1/setup": {
    parameters: object;
    get: { parameters: object; responses: { 200: Answer<{ needed: boolean }> } };
    post: Operation<{ token: string; name: string; password: string }, 201, { name: string; role: Role }>;
  };
  "/api/v1/session": {
    parameters: object;
    get: { parameters: object; responses: { 200: Answer<Session> } };
    post: Operation<{ name: string; password: string; code?: string }, 200, Session>;
    delete: { parameters: object; responses: { 204: { headers: Record<string, unknown>; content?: never } } };
  };
}
