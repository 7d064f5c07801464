// One's own day and the day's sessions: what happens in any of them appears by itself.
import { live } from "./live.js";

live("/api/v1/changes", "session", "appointment");
