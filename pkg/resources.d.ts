// FHIR resources: by the types of @types/fhir where it is installed, else by a plain one.

/** A FHIR resource, as the server sent it. */
export interface Resource {
  resourceType: string;
  id?: string;
  [member: string]: any;
}

// @ts-ignore: @types/fhir is an optional peer. With the ending, Node's resolution finds it, too.
type Installed = import("fhir/r4.js").FhirResource;

/** Whether it is missing: a type that cannot be found has every key. */
type IsMissing = string extends keyof Installed ? true : false;

/**
 * The resource of a type. With `@types/fhir` installed, `ResourceOf<"Patient">` is its `Patient` (FHIR R4); without, and for a name
 * that it does not know, it is `Resource`.
 */
export type ResourceOf<Name extends string> =
  IsMissing extends true
    ? Resource
    : string extends Name
      ? Resource
      : [Extract<Installed, { resourceType: Name }>] extends [never]
        ? Resource
        : Extract<Installed, { resourceType: Name }>;

/** What a caller asks for: a resource type's name, or a type of the caller's own; else what the type in the call tells. */
export type Asked<T, Name extends string> = unknown extends T ? ResourceOf<Name> : T extends string ? ResourceOf<T> : T;

/** The resource type that a reference names, such as `"Patient"` for `"Patient/1"`. */
export type TypeIn<Reference extends string> = Reference extends `${infer Name}/${string}` ? Name : string;

/** A resource to send: a plain one, or one of any types. */
export type Sendable = Resource | { resourceType: string };

/** Whether a type is a whole resource's, and not that of a literal: every resource may have this, and few do. */
type IsWhole<T> = "implicitRules" extends keyof T ? true : false;

/**
 * A resource that was sent, as the server has it: with an id, and with all members that its type may have. A variable of a resource's
 * type comes back by that type, a literal by the one that it names.
 */
export type Stored<T extends Sendable, Name extends string = T["resourceType"]> = (IsWhole<T> extends true ? T : ResourceOf<Name>) & {
  id: string;
};
