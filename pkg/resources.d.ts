// FHIR resources: by the types of @types/fhir where it is installed, else by a plain one.

/** A FHIR resource, as the server sent it. */
export interface Resource {
  resourceType: string;
  id?: string;
  [member: string]: any;
}

// @ts-ignore: @types/fhir is an optional peer. Without it, this is `any`.
type Installed = import("fhir/r4").FhirResource;

type IsAny<T> = 0 extends 1 & T ? true : false;

/**
 * The resource of a type. With `@types/fhir` installed, `ResourceOf<"Patient">` is its `Patient` (FHIR R4); without, and for a name
 * that it does not know, it is `Resource`.
 */
export type ResourceOf<Name extends string> =
  IsAny<Installed> extends true
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
