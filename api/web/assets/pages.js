// What pages of forms and lists need beyond plain links: parts that are replaced in place.
import "htmx.org/dist/htmx.esm.js";
